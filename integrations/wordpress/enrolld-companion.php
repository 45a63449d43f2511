<?php
/**
 * Plugin Name: Enrolld Companion
 * Description: Keeps course pages for those who have access by Enrolld, and hears from Enrolld when access changes.
 * Version: 1.0.0
 * Requires at least: 5.5
 * Requires PHP: 7.4
 * Text Domain: enrolld-companion
 *
 * A must-use plugin, written and updated by Enrolld together with
 * enrolld-companion-config.php beside it. Changes made here are lost.
 *
 * Who has access is read from Enrolld's own table in the database that both
 * share, so a purchase opens a course at once, whether or not Enrolld can reach
 * this site. Where the table cannot be read, courses stay closed.
 *
 * For other plugins:
 *
 *   enrolld_has_access( $user_id, $course_id )             whether access is there now
 *   do_action( 'enrolld_access_granted', $user_id, $course_id, $signal )
 *   do_action( 'enrolld_access_revoked', $user_id, $course_id, $signal )
 *   apply_filters( 'enrolld_contact_url', '' )             link for members without access
 *   apply_filters( 'enrolld_notice_html', $html, $post_id, $state )
 *
 * The actions may run more than once for one change: Enrolld repeats a message
 * whose answer it did not get. $signal['id'] is the same then. Nothing is stored
 * here to detect that; a copy of a message is refused after five minutes, and
 * until then it can only repeat what Enrolld said.
 *
 * @package Enrolld
 */

defined( 'ABSPATH' ) || exit;

if ( ! defined( 'ENROLLD_COMPANION' ) && is_readable( __DIR__ . '/enrolld-companion-config.php' ) ) {
	require_once __DIR__ . '/enrolld-companion-config.php';
}

/**
 * All of the companion. Static, because there is one site and one request.
 */
final class Enrolld_Companion {

	const VERSION     = '1.0.0';
	const META        = '_enrolld_course';
	const NONCE       = 'enrolld_course_nonce';
	const CLOCK_SKEW  = 300;
	const MAX_SIGNALS = 500;

	/**
	 * Seconds after which no further action is started, so that the answer
	 * leaves before PHP's own time limit.
	 *
	 * @var int
	 */
	private static $time_budget = 15;

	/**
	 * The course of each post looked at, 0 for none, by blog and post.
	 *
	 * @var array<string,int>
	 */
	private static $courses = array();

	/**
	 * What the table said, by blog, user and course; null when it said nothing.
	 *
	 * @var array<string,bool|null>
	 */
	private static $answers = array();

	/**
	 * Hooks everything up.
	 */
	public static function init() {
		add_action( 'init', array( __CLASS__, 'register' ) );
		add_action( 'rest_api_init', array( __CLASS__, 'register_routes' ) );
		add_filter( 'rest_authentication_errors', array( __CLASS__, 'admit' ), PHP_INT_MAX );

		// What an editor sees.
		add_action( 'add_meta_boxes_page', array( __CLASS__, 'add_meta_box' ) );
		add_action( 'save_post_page', array( __CLASS__, 'save_meta_box' ), 10, 2 );
		add_filter( 'display_post_states', array( __CLASS__, 'post_states' ), 10, 2 );

		// A page and its text, wherever it is shown.
		add_action( 'wp', array( __CLASS__, 'empty_main_query' ), 0 );
		add_action( 'template_redirect', array( __CLASS__, 'guard_view' ), 0 );
		add_filter( 'the_content', array( __CLASS__, 'filter_content' ), PHP_INT_MAX );
		add_filter( 'get_the_excerpt', array( __CLASS__, 'filter_excerpt' ), PHP_INT_MAX, 2 );
		foreach ( array( 'wpseo_metadesc', 'wpseo_opengraph_desc', 'wpseo_twitter_description', 'rank_math/frontend/description' ) as $hook ) {
			add_filter( $hook, array( __CLASS__, 'filter_description' ), PHP_INT_MAX );
		}

		// What people wrote below it.
		add_filter( 'the_comments', array( __CLASS__, 'filter_comments' ), PHP_INT_MAX );
		add_filter( 'comment_text', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX, 2 );
		add_filter( 'get_comment_excerpt', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX, 2 );
		add_filter( 'comment_text_rss', array( __CLASS__, 'filter_comment_text' ), PHP_INT_MAX );
		add_filter( 'comments_open', array( __CLASS__, 'filter_open' ), PHP_INT_MAX, 2 );
		add_filter( 'pings_open', array( __CLASS__, 'filter_open' ), PHP_INT_MAX, 2 );
		add_filter( 'get_comments_number', array( __CLASS__, 'filter_number' ), PHP_INT_MAX, 2 );
		foreach ( array( 'core/comments', 'core/comments-query-loop', 'core/post-comments', 'core/post-comments-form' ) as $block ) {
			add_filter( 'render_block_' . $block, array( __CLASS__, 'filter_comments_block' ), PHP_INT_MAX );
		}

		foreach ( array( 'clean_post_cache', 'added_post_meta', 'updated_post_meta', 'deleted_post_meta' ) as $hook ) {
			add_action( $hook, array( __CLASS__, 'forget_courses' ) );
		}
	}

	/**
	 * Registers the mark on pages and loads translations.
	 */
	public static function register() {
		load_muplugin_textdomain( 'enrolld-companion' );
		register_post_meta(
			'page',
			self::META,
			array(
				'type'              => 'boolean',
				'description'       => __( 'This page and the pages below it are a course.', 'enrolld-companion' ),
				'single'            => true,
				'show_in_rest'      => true,
				'sanitize_callback' => 'rest_sanitize_boolean',
				'auth_callback'     => array( __CLASS__, 'may_mark' ),
			)
		);
	}

	/**
	 * Whether a user may mark a page as a course.
	 *
	 * @param bool   $allowed Ignored: the mark is private by its name.
	 * @param string $key     Meta key.
	 * @param int    $post_id Page.
	 * @param int    $user_id User.
	 * @return bool
	 */
	public static function may_mark( $allowed, $key, $post_id, $user_id ) {
		return user_can( $user_id, 'edit_post', $post_id );
	}

	/*
	 * Configuration.
	 */

	/**
	 * The configuration of the current blog.
	 *
	 * @return array{accounts:int[],key:string,table:string}|null
	 */
	private static function config() {
		if ( ! defined( 'ENROLLD_COMPANION' ) ) {
			return null;
		}
		$all  = ENROLLD_COMPANION;
		$blog = get_current_blog_id();
		if ( empty( $all['blogs'][ $blog ]['key'] ) || empty( $all['blogs'][ $blog ]['accounts'] ) || empty( $all['blogs'][ $blog ]['table'] ) ) {
			return null;
		}
		return $all['blogs'][ $blog ];
	}

	/*
	 * Courses and access.
	 */

	/**
	 * The course that a post belongs to: itself, or its nearest marked ancestor.
	 *
	 * @param int $post_id Post of any type; a picture on a course page counts too.
	 * @return int The course page, 0 when the post belongs to none.
	 */
	public static function course_of( $post_id ) {
		$post_id = (int) $post_id;
		if ( $post_id <= 0 ) {
			return 0;
		}
		$memo = get_current_blog_id() . ':' . $post_id;
		if ( ! isset( self::$courses[ $memo ] ) ) {
			self::$courses[ $memo ] = 0;
			foreach ( array_merge( array( $post_id ), get_post_ancestors( $post_id ) ) as $id ) {
				if ( '1' === get_post_meta( $id, self::META, true ) ) {
					self::$courses[ $memo ] = (int) $id;
					break;
				}
			}
		}
		return self::$courses[ $memo ];
	}

	/**
	 * Forgets which post belongs to which course, because one has changed.
	 */
	public static function forget_courses() {
		self::$courses = array();
	}

	/**
	 * Asks Enrolld's table whether a user has access to a course now.
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool|null Null when the table cannot be read.
	 */
	public static function access( $user_id, $course_id ) {
		$user_id   = (int) $user_id;
		$course_id = (int) $course_id;
		if ( $user_id <= 0 || $course_id <= 0 ) {
			return false;
		}
		$memo = get_current_blog_id() . ':' . $user_id . ':' . $course_id;
		if ( ! array_key_exists( $memo, self::$answers ) ) {
			self::$answers[ $memo ] = self::ask( $user_id, $course_id );
		}
		return self::$answers[ $memo ];
	}

	/**
	 * Runs the query of access().
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool|null
	 */
	private static function ask( $user_id, $course_id ) {
		global $wpdb;
		$config = self::config();
		if ( null === $config ) {
			self::log( 'blog ' . get_current_blog_id() . ' is not configured; its courses are closed' );
			return null;
		}
		$accounts = implode( ',', array_map( 'intval', $config['accounts'] ) );
		// phpcs:disable WordPress.DB -- The table name comes from a file of ours, the accounts are integers, and a cache would serve yesterday's access.
		$query = $wpdb->prepare(
			"SELECT 1 FROM {$config['table']} WHERE account_id IN ($accounts) AND user_id = %d AND course_id = %d AND ( ends_at IS NULL OR ends_at > %s ) LIMIT 1",
			$user_id,
			$course_id,
			gmdate( 'Y-m-d H:i:s' )
		);
		// phpcs:enable
		list( $found, $error ) = self::query( $query );
		if ( '' !== $error ) {
			self::log( 'cannot read the access table: ' . $error );
			return null;
		}
		return '1' === (string) $found;
	}

	/**
	 * Runs a query of ours without printing its error.
	 *
	 * @param string $query Prepared query.
	 * @return array{0:string|null,1:string} The value found, and the error or ''.
	 */
	private static function query( $query ) {
		global $wpdb;
		$suppressed = $wpdb->suppress_errors( true );
		try {
			$found = $wpdb->get_var( $query ); // phpcs:ignore WordPress.DB
			$error = (string) $wpdb->last_error;
		} catch ( Throwable $e ) { // PHP 8.1 throws, unless WordPress tells it not to.
			$found = null;
			$error = $e->getMessage();
		}
		$wpdb->suppress_errors( $suppressed );
		return array( $found, $error );
	}

	/**
	 * How a post stands to the current user.
	 *
	 * @param int $post_id Post.
	 * @return string 'free' (no course), 'open', 'closed', or 'unknown' when
	 *                access cannot be checked, which closes it too.
	 */
	public static function state( $post_id ) {
		$course_id = self::course_of( $post_id );
		if ( 0 === $course_id ) {
			return 'free';
		}
		if ( current_user_can( 'edit_post', $post_id ) ) {
			return 'open';
		}
		$access = self::access( get_current_user_id(), $course_id );
		if ( null === $access ) {
			return 'unknown';
		}
		return $access ? 'open' : 'closed';
	}

	/**
	 * Whether a post's text must not be shown to the current user.
	 *
	 * @param int $post_id Post.
	 * @return bool
	 */
	private static function is_closed( $post_id ) {
		$state = self::state( $post_id );
		if ( 'free' === $state ) {
			return false;
		}
		self::never_cache();
		return 'open' !== $state;
	}

	/**
	 * Tells page caches to leave this answer alone: it is for one person.
	 */
	private static function never_cache() {
		if ( ! defined( 'DONOTCACHEPAGE' ) ) {
			define( 'DONOTCACHEPAGE', true );
			do_action( 'litespeed_control_set_nocache', 'course page' ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals
		}
	}

	/*
	 * Pages.
	 */

	/**
	 * Takes the text out of closed posts before any theme or plugin reads it
	 * past the filters. Copies are emptied, since others may hold the originals.
	 *
	 * @global WP_Query $wp_query
	 */
	public static function empty_main_query() {
		global $wp_query, $post;
		if ( is_admin() ) {
			return;
		}
		foreach ( (array) $wp_query->posts as $i => $original ) {
			if ( ! $original instanceof WP_Post || ! self::is_closed( $original->ID ) ) {
				continue;
			}
			$emptied                        = clone $original;
			$emptied->post_content          = '';
			$emptied->post_excerpt          = '';
			$emptied->post_content_filtered = '';
			$wp_query->posts[ $i ]          = $emptied;
			if ( $wp_query->post instanceof WP_Post && $wp_query->post->ID === $emptied->ID ) {
				$wp_query->post = $emptied;
			}
			if ( $wp_query->queried_object instanceof WP_Post && $wp_query->queried_object->ID === $emptied->ID ) {
				$wp_query->queried_object = $emptied;
			}
			if ( $post instanceof WP_Post && $post->ID === $emptied->ID ) {
				$post = $emptied; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
			}
		}
	}

	/**
	 * Sets status and headers of a protected page's view, and takes comments of
	 * closed pages out of comment feeds.
	 *
	 * @global WP_Query $wp_query
	 */
	public static function guard_view() {
		global $wp_query;
		if ( is_comment_feed() && ! empty( $wp_query->comments ) ) {
			$wp_query->comments      = array_values( self::filter_comments( $wp_query->comments ) );
			$wp_query->comment_count = count( $wp_query->comments );
		}
		$post_id = is_singular() ? get_queried_object_id() : 0;
		$state   = self::state( $post_id );
		if ( 'free' === $state ) {
			return;
		}
		self::never_cache();
		nocache_headers();
		if ( ! headers_sent() ) {
			header( 'Cache-Control: private, no-store, no-cache, max-age=0, must-revalidate' );
		}
		if ( 'open' === $state ) {
			return;
		}
		if ( 'unknown' === $state ) {
			status_header( 503 );
			if ( ! headers_sent() ) {
				header( 'Retry-After: 120' );
			}
		} else {
			status_header( 403 );
		}
		// A template of the page's own may print custom fields; use the ordinary one.
		add_filter(
			'get_post_metadata',
			function ( $value, $object_id, $key ) use ( $post_id ) {
				return '_wp_page_template' === $key && (int) $object_id === $post_id ? 'default' : $value;
			},
			10,
			3
		);
		// Nor the template of pictures, which shows them.
		add_filter(
			'attachment_template_hierarchy',
			function () {
				return array( 'page.php', 'singular.php' );
			},
			PHP_INT_MAX
		);
	}

	/**
	 * Replaces the text of a closed post: by the notice on its own page, by
	 * nothing elsewhere.
	 *
	 * @param string $content Text.
	 * @return string
	 */
	public static function filter_content( $content ) {
		$post_id = (int) get_the_ID();
		if ( ! self::is_closed( $post_id ) ) {
			return $content;
		}
		if ( is_singular() && get_queried_object_id() === $post_id && ! is_feed() && ! is_embed() ) {
			return self::notice( $post_id );
		}
		return '';
	}

	/**
	 * Replaces the excerpt of a closed post.
	 *
	 * @param string           $excerpt Excerpt.
	 * @param WP_Post|int|null $post    Its post; the current one when left out.
	 * @return string
	 */
	public static function filter_excerpt( $excerpt, $post = null ) {
		$post = get_post( $post );
		if ( ! $post || ! self::is_closed( $post->ID ) ) {
			return $excerpt;
		}
		return __( 'This page is part of a course.', 'enrolld-companion' );
	}

	/**
	 * Empties descriptions that SEO plugins make from a closed page's text.
	 *
	 * @param string $text Description.
	 * @return string
	 */
	public static function filter_description( $text ) {
		return is_singular() && self::is_closed( get_queried_object_id() ) ? '' : $text;
	}

	/**
	 * The notice that stands in for a closed page.
	 *
	 * @param int $post_id Page.
	 * @return string HTML.
	 */
	private static function notice( $post_id ) {
		$state  = self::state( $post_id );
		$course = get_the_title( self::course_of( $post_id ) );
		$here   = get_permalink( $post_id );
		if ( ! is_user_logged_in() ) {
			$heading = __( 'This page is part of a course', 'enrolld-companion' );
			/* translators: %s: title of the course */
			$texts = array( sprintf( __( 'Please log in with the account that has access to “%s”.', 'enrolld-companion' ), $course ) );
			$links = array(
				array( wp_login_url( $here ), __( 'Log in', 'enrolld-companion' ) ),
				array( wp_lostpassword_url( $here ), __( 'Set a new password', 'enrolld-companion' ) ),
			);
		} elseif ( 'unknown' === $state ) {
			$heading = __( 'We cannot check your access right now', 'enrolld-companion' );
			$texts   = array( __( 'Please try again in a few minutes. Nothing is wrong with your account.', 'enrolld-companion' ) );
			$links   = array( array( $here, __( 'Try again', 'enrolld-companion' ) ) );
		} else {
			$heading = __( 'Your account does not include this course', 'enrolld-companion' );
			$texts   = array(
				/* translators: 1: email address, 2: title of the course */
				sprintf( __( 'You are logged in as %1$s, and this account has no access to “%2$s”.', 'enrolld-companion' ), wp_get_current_user()->user_email, $course ),
				__( 'Did you use another email address when you bought it? Then log in with that one. If you have bought it just now, wait a minute and load this page again.', 'enrolld-companion' ),
			);
			$links   = array(
				array( wp_logout_url( wp_login_url( $here ) ), __( 'Use another account', 'enrolld-companion' ) ),
				array( home_url( '/' ), __( 'Go to the home page', 'enrolld-companion' ) ),
			);
			$contact = (string) apply_filters( 'enrolld_contact_url', '' );
			if ( '' !== $contact ) {
				$links[] = array( $contact, __( 'Contact us', 'enrolld-companion' ) );
			}
		}
		return (string) apply_filters( 'enrolld_notice_html', self::notice_html( $heading, $texts, $links ), $post_id, $state );
	}

	/**
	 * Lays the notice out. Grey with transparency suits light and dark themes
	 * alike; the first link wears the theme's own button.
	 *
	 * @param string                       $heading Heading.
	 * @param string[]                     $texts   Paragraphs.
	 * @param array<int,array<int,string>> $links   Pairs of address and text.
	 * @return string HTML.
	 */
	private static function notice_html( $heading, $texts, $links ) {
		$html  = '<section class="enrolld-notice" role="region" aria-labelledby="enrolld-notice-heading" style="box-sizing:border-box;margin-top:1.5rem;margin-bottom:1.5rem;padding:1.5rem 1.75rem;border:1px solid rgba(128,128,128,.4);border-radius:8px;background:rgba(128,128,128,.08)">';
		$html .= '<h2 id="enrolld-notice-heading" style="margin:0 0 .75rem;font-size:1.4em;line-height:1.3">' . esc_html( $heading ) . '</h2>';
		foreach ( $texts as $text ) {
			// Titles come with their entities made: esc_html() leaves those alone.
			$html .= '<p style="margin:0 0 1rem">' . esc_html( $text ) . '</p>';
		}
		$html .= '<p style="display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;align-items:center;margin:0">';
		foreach ( $links as $i => $link ) {
			$class = 0 === $i ? ' class="wp-block-button__link wp-element-button" style="display:inline-block"' : '';
			$html .= '<a href="' . esc_url( $link[0] ) . '"' . $class . '>' . esc_html( $link[1] ) . '</a>';
		}
		return $html . '</p></section>';
	}

	/*
	 * Comments.
	 */

	/**
	 * Takes comments on closed posts out of a list.
	 *
	 * @param WP_Comment[]|int[]|string[] $comments Comments.
	 * @return array
	 */
	public static function filter_comments( $comments ) {
		if ( wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			return $comments; // Housekeeping must see them all, and shows them to nobody.
		}
		return array_filter(
			(array) $comments,
			function ( $comment ) {
				$comment = get_comment( $comment );
				return ! $comment || ! self::is_closed( (int) $comment->comment_post_ID );
			}
		);
	}

	/**
	 * Empties a comment on a closed post.
	 *
	 * @param string                     $text    Text.
	 * @param WP_Comment|int|string|null $comment Comment; the current one when left out.
	 * @return string
	 */
	public static function filter_comment_text( $text, $comment = null ) {
		$comment = get_comment( $comment );
		return $comment && self::is_closed( (int) $comment->comment_post_ID ) ? '' : $text;
	}

	/**
	 * Closes comments and pings of a closed post.
	 *
	 * @param bool $open    Whether they are open.
	 * @param int  $post_id Post.
	 * @return bool
	 */
	public static function filter_open( $open, $post_id ) {
		return $open && ! self::is_closed( (int) $post_id );
	}

	/**
	 * Hides how many comments a closed post has.
	 *
	 * @param int|string $number  Number.
	 * @param int        $post_id Post.
	 * @return int|string
	 */
	public static function filter_number( $number, $post_id ) {
		return self::is_closed( (int) $post_id ) ? 0 : $number;
	}

	/**
	 * Drops the comments part of block themes from a closed page, which would
	 * speak of no comments under a heading.
	 *
	 * @param string $html Rendered block.
	 * @return string
	 */
	public static function filter_comments_block( $html ) {
		return is_singular() && self::is_closed( get_queried_object_id() ) ? '' : $html;
	}

	/*
	 * The editor.
	 */

	/**
	 * Adds the box to the page editor.
	 */
	public static function add_meta_box() {
		add_meta_box( 'enrolld-course', __( 'Course', 'enrolld-companion' ), array( __CLASS__, 'meta_box' ), 'page', 'side', 'default', array( '__block_editor_compatible_meta_box' => true ) );
	}

	/**
	 * Prints the box.
	 *
	 * @param WP_Post $post Page.
	 */
	public static function meta_box( $post ) {
		wp_nonce_field( 'enrolld_course_' . $post->ID, self::NONCE );
		$marked = '1' === get_post_meta( $post->ID, self::META, true );
		printf(
			'<p><label><input type="checkbox" name="enrolld_course" value="1"%s> %s</label></p>',
			checked( $marked, true, false ),
			esc_html__( 'This page and the pages below it are a course (access by Enrolld)', 'enrolld-companion' )
		);
		$course_id = self::course_of( $post->ID );
		if ( ! $marked && $course_id ) {
			/* translators: %s: title of the course */
			echo '<p>' . esc_html( sprintf( __( 'This page belongs to the course “%s”.', 'enrolld-companion' ), get_the_title( $course_id ) ) ) . '</p>';
		}
	}

	/**
	 * Saves the box.
	 *
	 * @param int     $post_id Page.
	 * @param WP_Post $post    Page.
	 */
	public static function save_meta_box( $post_id, $post ) {
		if ( wp_is_post_autosave( $post ) || wp_is_post_revision( $post ) || ! isset( $_POST[ self::NONCE ] ) ) {
			return;
		}
		$nonce = sanitize_text_field( wp_unslash( $_POST[ self::NONCE ] ) );
		if ( ! wp_verify_nonce( $nonce, 'enrolld_course_' . $post_id ) || ! current_user_can( 'edit_post', $post_id ) ) {
			return;
		}
		if ( isset( $_POST['enrolld_course'] ) ) {
			update_post_meta( $post_id, self::META, '1' );
		} else {
			delete_post_meta( $post_id, self::META );
		}
	}

	/**
	 * Marks courses in the list of pages.
	 *
	 * @param string[] $states States shown behind the title.
	 * @param WP_Post  $post   Page.
	 * @return string[]
	 */
	public static function post_states( $states, $post ) {
		if ( $post instanceof WP_Post && '1' === get_post_meta( $post->ID, self::META, true ) ) {
			$states['enrolld_course'] = __( 'Course', 'enrolld-companion' );
		}
		return $states;
	}

	/*
	 * REST.
	 */

	/**
	 * Registers our routes and guards everybody else's.
	 */
	public static function register_routes() {
		register_rest_route(
			'enrolld/v1',
			'/signals',
			array(
				'methods'             => 'POST',
				'callback'            => array( __CLASS__, 'take_signals' ),
				'permission_callback' => array( __CLASS__, 'is_signed' ),
			)
		);
		register_rest_route(
			'enrolld/v1',
			'/health',
			array(
				'methods'             => 'GET',
				'callback'            => array( __CLASS__, 'health' ),
				'permission_callback' => array( __CLASS__, 'is_signed' ),
			)
		);
		foreach ( get_post_types( array( 'show_in_rest' => true ) ) as $type ) {
			add_filter( 'rest_prepare_' . $type, array( __CLASS__, 'filter_rest_post' ), PHP_INT_MAX, 2 );
		}
		add_filter( 'rest_prepare_comment', array( __CLASS__, 'filter_rest_comment' ), PHP_INT_MAX, 2 );
	}

	/**
	 * Leaves of a closed post only what lists and menus need: other plugins add
	 * fields with text of their own.
	 *
	 * @param WP_REST_Response $response Answer.
	 * @param WP_Post          $post     Post.
	 * @return WP_REST_Response
	 */
	public static function filter_rest_post( $response, $post ) {
		if ( ! $response instanceof WP_REST_Response || ! $post instanceof WP_Post || ! self::is_closed( $post->ID ) ) {
			return $response;
		}
		$kept = array( 'id', 'date', 'date_gmt', 'guid', 'modified', 'modified_gmt', 'slug', 'status', 'type', 'link', 'title', 'author', 'featured_media', 'parent', 'menu_order', 'comment_status', 'ping_status', 'template' );
		$data = array_intersect_key( (array) $response->get_data(), array_flip( $kept ) );
		foreach ( array( 'content', 'excerpt' ) as $field ) {
			$data[ $field ] = array(
				'rendered'  => '',
				'protected' => true,
			);
		}
		$response->set_data( $data );
		$response->header( 'Cache-Control', 'private, no-store' );
		return $response;
	}

	/**
	 * Empties a comment on a closed post.
	 *
	 * @param WP_REST_Response $response Answer.
	 * @param WP_Comment       $comment  Comment.
	 * @return WP_REST_Response
	 */
	public static function filter_rest_comment( $response, $comment ) {
		if ( $response instanceof WP_REST_Response && self::is_closed( (int) $comment->comment_post_ID ) ) {
			$kept            = array( 'id', 'post', 'parent', 'date', 'date_gmt', 'status', 'type' );
			$data            = array_intersect_key( (array) $response->get_data(), array_flip( $kept ) );
			$data['content'] = array( 'rendered' => '' );
			$response->set_data( $data );
		}
		return $response;
	}

	/**
	 * Permission of our routes: the request is signed with this blog's key.
	 *
	 * @param WP_REST_Request $request Request.
	 * @return true|WP_Error
	 */
	public static function is_signed( $request ) {
		self::never_cache();
		return self::verify( (string) $request->get_header( 'x_enrolld_timestamp' ), (string) $request->get_header( 'x_enrolld_signature' ), (string) $request->get_body() );
	}

	/**
	 * Lets signed requests pass where another plugin has closed REST to visitors.
	 *
	 * @param WP_Error|true|null $result What others decided.
	 * @return WP_Error|true|null
	 */
	public static function admit( $result ) {
		$route = isset( $GLOBALS['wp']->query_vars['rest_route'] ) ? (string) $GLOBALS['wp']->query_vars['rest_route'] : '';
		if ( ! is_wp_error( $result ) || 0 !== strpos( $route, '/enrolld/v1/' ) || ! isset( $_SERVER['HTTP_X_ENROLLD_TIMESTAMP'], $_SERVER['HTTP_X_ENROLLD_SIGNATURE'] ) ) {
			return $result;
		}
		$timestamp = sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_ENROLLD_TIMESTAMP'] ) );
		$signature = sanitize_text_field( wp_unslash( $_SERVER['HTTP_X_ENROLLD_SIGNATURE'] ) );
		return true === self::verify( $timestamp, $signature, (string) WP_REST_Server::get_raw_data() ) ? true : $result;
	}

	/**
	 * Checks a signature.
	 *
	 * @param string $timestamp Seconds since 1970, from the header.
	 * @param string $signature 'v1=' and the signature, from the header.
	 * @param string $body      The body as it came.
	 * @return true|WP_Error
	 */
	private static function verify( $timestamp, $signature, $body ) {
		$config = self::config();
		if ( null === $config ) {
			return new WP_Error( 'enrolld_not_configured', 'This site is not configured for Enrolld.', array( 'status' => 401 ) );
		}
		$want = 'v1=' . hash_hmac( 'sha256', $timestamp . '.' . $body, $config['key'] );
		if ( ! hash_equals( $want, $signature ) ) {
			return new WP_Error( 'enrolld_signature', 'The signature is missing or wrong.', array( 'status' => 401 ) );
		}
		if ( ! preg_match( '/^[0-9]{1,12}$/D', $timestamp ) || abs( time() - (int) $timestamp ) > self::CLOCK_SKEW ) {
			return new WP_Error( 'enrolld_clock', 'The signature is too old, or the clocks differ.', array( 'status' => 401 ) );
		}
		return true;
	}

	/**
	 * POST enrolld/v1/signals: access has changed.
	 *
	 * @param WP_REST_Request $request Request.
	 * @return WP_REST_Response|WP_Error
	 */
	public static function take_signals( $request ) {
		$body = json_decode( $request->get_body(), true );
		if ( ! is_array( $body ) || ! isset( $body['signals'] ) || ! is_array( $body['signals'] ) ) {
			return new WP_Error( 'enrolld_invalid', 'The body must be {"signals":[…]}.', array( 'status' => 400 ) );
		}
		if ( count( $body['signals'] ) > self::MAX_SIGNALS ) {
			return new WP_Error( 'enrolld_too_many', 'At most 500 signals at once.', array( 'status' => 413 ) );
		}
		$signals = array();
		$failed  = array();
		foreach ( $body['signals'] as $raw ) {
			$signal = self::read_signal( $raw );
			if ( null !== $signal ) {
				$signals[] = $signal;
				continue;
			}
			$failed[] = array(
				'id'    => is_array( $raw ) && isset( $raw['id'] ) && is_string( $raw['id'] ) ? $raw['id'] : '',
				'error' => 'not a signal',
				'retry' => false,
			);
		}

		// All caches first: an action then sees the truth, and one that breaks off takes no purge with it.
		foreach ( array_unique( array_column( $signals, 'user_id' ) ) as $user_id ) {
			self::purge( $user_id );
		}
		$handled = array();
		$until   = time() + self::$time_budget;
		foreach ( $signals as $signal ) {
			$late  = time() > $until;
			$error = $late ? 'out of time, send it again' : self::announce( $signal );
			if ( '' === $error ) {
				$handled[] = $signal['id'];
				continue;
			}
			$failed[] = array(
				'id'    => $signal['id'],
				'error' => $error,
				'retry' => $late,
			);
		}
		return self::answer(
			array(
				'ok'      => array() === $failed,
				'handled' => $handled,
				'failed'  => $failed,
				'version' => self::VERSION,
			)
		);
	}

	/**
	 * Checks one signal.
	 *
	 * @param mixed $raw Decoded JSON.
	 * @return array|null Null when it is none.
	 */
	private static function read_signal( $raw ) {
		if ( ! is_array( $raw ) || ! isset( $raw['id'], $raw['kind'], $raw['user_id'] ) || ! is_string( $raw['id'] ) || '' === $raw['id'] || ! is_int( $raw['user_id'] ) || $raw['user_id'] <= 0 ) {
			return null;
		}
		$course_id = isset( $raw['course_id'] ) && is_int( $raw['course_id'] ) ? $raw['course_id'] : 0;
		if ( ! in_array( $raw['kind'], array( 'purge', 'granted', 'revoked' ), true ) || ( 'purge' !== $raw['kind'] && $course_id <= 0 ) ) {
			return null;
		}
		return array(
			'id'        => $raw['id'],
			'kind'      => $raw['kind'],
			'user_id'   => $raw['user_id'],
			'course_id' => $course_id,
			'cause'     => isset( $raw['cause'] ) && is_string( $raw['cause'] ) ? $raw['cause'] : '',
		);
	}

	/**
	 * Drops what WordPress remembers about a user, because Enrolld changed the
	 * tables behind its back.
	 *
	 * @param int $user_id User.
	 */
	private static function purge( $user_id ) {
		clean_user_cache( $user_id );
		wp_cache_delete( $user_id, 'users' ); // clean_user_cache() does nothing about a user it does not know.
		wp_cache_delete( $user_id, 'user_meta' ); // WordPress before 6.2 keeps it.
		wp_cache_set( 'last_changed', microtime(), 'users' );
		self::$answers = array();
	}

	/**
	 * Tells other plugins about a change.
	 *
	 * @param array $signal Signal.
	 * @return string What went wrong, '' for nothing.
	 */
	private static function announce( $signal ) {
		try {
			if ( 'granted' === $signal['kind'] ) {
				do_action( 'enrolld_access_granted', $signal['user_id'], $signal['course_id'], $signal );
			} elseif ( 'revoked' === $signal['kind'] ) {
				do_action( 'enrolld_access_revoked', $signal['user_id'], $signal['course_id'], $signal );
			}
		} catch ( Throwable $e ) {
			self::log( 'signal ' . $signal['id'] . ': ' . $e->getMessage() . ' in ' . $e->getFile() . ':' . $e->getLine() );
			return substr( get_class( $e ) . ': ' . wp_check_invalid_utf8( $e->getMessage(), true ), 0, 300 );
		}
		return '';
	}

	/**
	 * GET enrolld/v1/health: what Enrolld wants to know about this site.
	 *
	 * @return WP_REST_Response
	 */
	public static function health() {
		return self::answer(
			array(
				'version'      => self::VERSION,
				'wordpress'    => get_bloginfo( 'version' ),
				'php'          => PHP_VERSION,
				'object_cache' => (bool) wp_using_ext_object_cache(),
				'multisite'    => is_multisite(),
				'blog_id'      => get_current_blog_id(),
				'siteurl'      => site_url(),
				'table_ok'     => self::table_ok(),
				'plugins'      => self::learning_plugins(),
			)
		);
	}

	/**
	 * Whether Enrolld's table can be read and has the columns that we use.
	 *
	 * @return bool
	 */
	private static function table_ok() {
		$config = self::config();
		$result = self::query( "SELECT COUNT(*) FROM ( SELECT account_id, user_id, course_id, ends_at FROM {$config['table']} LIMIT 1 ) AS sample" );
		return '' === $result[1];
	}

	/**
	 * The active course and membership plugins that Enrolld knows.
	 *
	 * @return string[] Folder names.
	 */
	private static function learning_plugins() {
		$known  = array( 'thrive-apprentice', 'sfwd-lms', 'lifterlms', 'tutor', 'sensei-lms', 'learnpress', 'masterstudy-lms-learning-management-system', 'learning-management-system', 'memberpress', 'paid-memberships-pro', 'restrict-content-pro', 'restrict-content', 'woocommerce-memberships', 'suremembers', 'buddyboss-platform' );
		$active = (array) get_option( 'active_plugins', array() );
		if ( is_multisite() ) {
			$active = array_merge( $active, array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ) );
		}
		return array_values( array_unique( array_intersect( array_map( 'dirname', $active ), $known ) ) );
	}

	/**
	 * Makes an answer that nobody stores.
	 *
	 * @param array $data Answer.
	 * @return WP_REST_Response
	 */
	private static function answer( $data ) {
		$response = new WP_REST_Response( $data );
		$response->header( 'Cache-Control', 'private, no-store' );
		return $response;
	}

	/**
	 * Writes to PHP's error log.
	 *
	 * @param string $message Message.
	 */
	private static function log( $message ) {
		error_log( 'enrolld-companion: ' . $message ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}
}

if ( ! function_exists( 'enrolld_has_access' ) ) {
	/**
	 * Whether a user has access to a course now.
	 *
	 * @param int $user_id   User.
	 * @param int $course_id Course page.
	 * @return bool False too when access cannot be checked.
	 */
	function enrolld_has_access( $user_id, $course_id ) {
		return true === Enrolld_Companion::access( $user_id, $course_id );
	}
}

Enrolld_Companion::init();
